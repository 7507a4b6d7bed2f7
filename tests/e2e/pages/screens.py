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

    def sign_in(self, login: str, password: str, *, landing: str = "Worklist") -> None:
        """Sign in, and wait for the page that one is led to."""
        self.open()
        self.fill(login, password)
        expect(self.page.get_by_role("heading", name=landing)).to_be_visible()
        # The heading is there before the scripts are: keys would be lost.
        self.page.wait_for_load_state("load")


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

    def claim(self, patient: str) -> None:
        """Take a case with the mouse."""
        self.row(patient).get_by_role("button", name="Claim").click()

    def patients(self) -> Locator:
        """Find the links that open the cases, in the order shown."""
        return self.page.get_by_role("table", name="To read").get_by_role("link")


@dataclass(frozen=True, slots=True)
class CaseScreen:
    """The page of a case."""

    page: Page

    def open(self, case_id: int) -> None:
        """Go there."""
        self.page.goto(f"/cases/{case_id}")

    @property
    def timeline(self) -> Locator:
        """The entries of the timeline."""
        return self.page.get_by_role("region", name="Timeline")

    @property
    def who(self) -> Locator:
        """Who reads, and to whom it is offered."""
        return self.page.get_by_role("region", name="Who")

    def write(self, **chapters: str) -> None:
        """Type text into chapters of the report, and wait until it is saved."""
        draft_number = self.page.locator("#base")
        before = draft_number.input_value()
        for label, text in chapters.items():
            self.page.get_by_label(label.capitalize(), exact=True).fill(text)
        expect(draft_number).not_to_have_value(before)

    def review(self) -> Locator:
        """Ask to sign, and return the dialog that repeats for whom."""
        self.page.get_by_role("button", name="Sign…").click()
        dialog = self.page.get_by_role("dialog", name="Sign this report?")
        expect(dialog).to_be_visible()
        return dialog

    def sign(self) -> None:
        """Sign what was written, and wait for the signed report."""
        self.review().get_by_role("button", name="Sign", exact=True).click()
        expect(self.page.get_by_role("region", name="Signed report")).to_be_visible()

    def fill_dialog(self, button: str, dialog: str, **fields: str) -> None:
        """Open a dialog by its button, fill its fields by their labels, and send it."""
        self.page.get_by_role("button", name=button).click()
        shown = self.page.get_by_role("dialog", name=dialog)
        for label, text in fields.items():
            shown.get_by_label(label.replace("_", " ")).fill(text)
        shown.get_by_role("button").first.click()
