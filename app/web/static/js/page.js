// What every page needs: the token of changes, dialogs, and messages of failed requests.
"use strict";

(() => {
  const token = document.querySelector('meta[name="csrf-token"]');
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (token) event.detail.headers["X-CSRF-Token"] = token.content;
  });

  // What somebody has unfolded stays unfolded when the page is refreshed beside them.
  window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" && node.tagName === "DETAILS");

  // What somebody types in a part that is refreshed stays theirs until it is sent.
  const typed = (node) => node instanceof HTMLFormElement && node.dataset.typed === "yes";
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-live] form");
    if (form) form.dataset.typed = "yes";
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && typed(event.detail.elt)) delete event.detail.elt.dataset.typed;
  });
  // So do the buttons of a row while a change is under way: its answer is told only of a button
  // that is still on the page.
  const waits = (node) => {
    if (!(node instanceof Element && node.matches(".actions"))) return false;
    const isWaiting = node.querySelector(".htmx-request") !== null;
    if (isWaiting) node.dataset.late = "yes";
    return isWaiting;
  };
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) => !typed(node) && !waits(node);

  // An answer that is not ours (a proxy's, or half a page) never replaces a part of the page: ours
  // says where its message goes.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400) return;
    if (!xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = false;
    // A refusal is told on the page: the dialog that led to it would hide it.
    document.querySelectorAll("dialog[data-show]").forEach((dialog) => dialog.remove());
  });

  // A change says whether it was done; what the last one said is gone then.
  const notice = document.getElementById("notice");
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "get") notice.replaceChildren();
  });
  document.body.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig.verb === "get") return;
    const text = document.createElement("div");
    text.className = "notice notice-bad";
    text.textContent = notice.dataset.unsent;
    notice.replaceChildren(text);
  });

  // <button data-opens="id-of-a-dialog"> opens it; Escape and its own buttons close it.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
  });

  // What the server sent to be shown once is not shown again.
  document.addEventListener("close", (event) => {
    if (event.target.matches("dialog[data-show]")) event.target.remove();
  }, true);

  // A dialog that the server sends is shown at once.
  document.body.addEventListener("htmx:afterSettle", () => {
    const dialog = document.querySelector("dialog[data-show]:not([open])");
    if (dialog) dialog.showModal();
  });

  // A change that went well closes its dialog; one that breaks a rule comes back with its reason.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt.closest(".seat-dialog") && xhr.status === 204) elt.closest("dialog").close();
  });

  // A form that may be sent only once must not be sent twice by two quick clicks.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
})();
