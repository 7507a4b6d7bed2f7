"""The pages as a person sees them: roles and labels, never classes."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True, slots=True)
class SignInScreen:
    """The sign-in."""

    page: Page

    def open(self) -> None:
        """Go there."""
        self.page.goto("/sign-in")

    def fill(self, login: str, password: str) -> None:
        """Type who one is, and send it."""
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_in(self, login: str, password: str) -> None:
        """Sign in, and wait for the worklist."""
        self.open()
        self.fill(login, password)
        expect(self.page.get_by_role("heading", name="Worklist")).to_be_visible()


@dataclass(frozen=True, slots=True)
class WorklistScreen:
    """The worklist."""

    page: Page

    def open(self) -> None:
        """Go there."""
        self.page.goto("/")

    def row(self, patient: str) -> Locator:
        """Find the row of a patient."""
        return self.page.get_by_role("row").filter(has_text=patient)

    def patients(self) -> Locator:
        """Find the links that open the cases, in the order shown."""
        return self.page.get_by_role("table", name="To read").get_by_role("link")
