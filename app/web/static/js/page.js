// What every page needs: the token of changes, dialogs, and messages of failed requests.
"use strict";

(() => {
  const token = document.querySelector('meta[name="csrf-token"]');
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (token) event.detail.headers["X-CSRF-Token"] = token.content;
  });

  // <button data-opens="id-of-a-dialog"> opens it; Escape and its own buttons close it.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
  });

  // A dialog that the server sends is shown at once.
  document.body.addEventListener("htmx:afterSettle", () => {
    const dialog = document.querySelector("dialog[data-show]:not([open])");
    if (dialog) dialog.showModal();
  });

  // A form that may be sent only once must not be sent twice by two quick clicks.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
})();
