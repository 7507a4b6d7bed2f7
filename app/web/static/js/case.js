// The page of a case: its clock, and text that must not be lost.
"use strict";

(() => {
  const page = document.querySelector("article.case");
  const clock = globalThis.astreinteClock(page, "case-at");

  // Text that was typed and not yet saved must not be lost by a click elsewhere.
  let unsaved = false;
  const editor = document.getElementById("editor");
  if (editor) {
    editor.addEventListener("input", () => { unsaved = true; });
    document.body.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.successful && editor.contains(event.detail.elt)) unsaved = false;
    });
    window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "status") clock.set();
  });
  clock.set();
})();
