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
    // What was typed before the scripts were there has told nobody.
    document.body.addEventListener("htmx:load", () => {
      const fields = [...editor.querySelectorAll("textarea")];
      if (fields.some((field) => field.value !== field.defaultValue)) {
        editor.dispatchEvent(new Event("input"));
      }
    }, { once: true });
    window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  }

  // Whose images they are may be asked, and settled, while the report is written.
  const sign = document.getElementById("sign");
  const checkSignable = () => {
    if (!sign) return;
    const signable = document.getElementById("case-at").dataset.signable === "yes";
    sign.disabled = !signable;
    document.getElementById("sign-blocked").hidden = signable;
  };

  // A call is logged for the task whose button opened the dialog, also for one that came since.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-task]");
    const select = document.getElementById("call-task");
    if (!opener || !select) return;
    const { task } = opener.dataset;
    if (![...select.options].some((option) => option.value === task)) {
      select.add(new Option(opener.parentElement.querySelector("span").textContent, task));
    }
    select.value = task;
  });

  // A key of this page is a human sign: the case was seen, or is still being read. Once a minute is
  // enough, but an answer to who asks is given at once.
  const token = document.querySelector('meta[name="csrf-token"]');
  let signedAt = -Infinity;
  document.addEventListener("keydown", async (event) => {
    const { seen, sign: still, asked } = document.getElementById("case-at").dataset;
    const place = seen || still;
    const isAnswer = Boolean(seen) || asked === "yes";
    const pause = isAnswer ? 2000 : 60000;
    if (!place || !token || event.repeat || performance.now() - signedAt < pause) return;
    signedAt = performance.now();
    const headers = { "X-CSRF-Token": token.content, "HX-Request": "true" };
    const answer = await fetch(place, { method: "POST", headers }).catch(() => null);
    if (answer?.ok && isAnswer) htmx.trigger(document.body, "worklist-changed");
  });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "status") return;
    clock.set();
    checkSignable();
  });
  clock.set();
})();
