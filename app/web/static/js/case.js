// The page of a case: its clock, and Escape out of a text back to the keys.
"use strict";

(() => {
  const page = document.querySelector("article.case");
  let serverAheadMs = 0;

  const duration = (ms) => {
    const s = Math.floor(ms / 1000);
    const [d, h, min] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
    if (d > 0) return `${d} ${page.dataset.wordDays} ${h} h`;
    if (h > 0) return `${h} h ${String(min).padStart(2, "0")}`;
    return min > 0 ? `${min} min` : `${s} s`;
  };
  const count = () => {
    page.querySelectorAll('time[data-count="left"]').forEach((time) => {
      const leftMs = Date.parse(time.dateTime) - Date.now() - serverAheadMs;
      const words = leftMs < 0 ? page.dataset.wordLate : page.dataset.wordLeft;
      time.textContent = words.replace("{}", duration(Math.abs(leftMs)));
      time.dataset.urgency = leftMs < 0 ? "late" : leftMs < 900000 ? "soon" : "";
    });
  };
  const noteTime = () => {
    serverAheadMs = Date.parse(document.getElementById("case-at").dataset.at) - Date.now();
    count();
  };

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
    if (event.detail.target.id === "status") noteTime();
  });
  noteTime();
  setInterval(count, 1000);
})();
