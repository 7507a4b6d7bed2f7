// Check-in and handover: the test of the sound, whether the page is seen, and the keys.
"use strict";

(() => {
  const sound = document.getElementById("sound");
  const lists = document.getElementById("handover");

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#play-sound")) return;
    // Turning the sound on sounds by itself; it then stays on for the guard.
    if (sound.getAttribute("aria-pressed") === "true") globalThis.astreinteBeep();
    else sound.click();
  });

  // Only a page that is shown at that moment, with its sound on, counts as one that reaches anybody.
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "check-in-form") return;
    const { parameters } = event.detail;
    if (document.visibilityState === "visible") parameters.set("page_visible", "yes");
    if (sound.getAttribute("aria-pressed") !== "true") parameters.delete("sound_heard");
  });

  const items = () => [...lists.querySelectorAll("li.handed-over")];
  const current = () => document.activeElement.closest("li.handed-over");
  const step = (by) => {
    const all = items();
    if (all.length === 0) return;
    const at = all.indexOf(current());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    all[Math.min(Math.max(next, 0), all.length - 1)].focus();
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    a: () => current()?.querySelector('button[data-key="a"]')?.click(),
    A: () => lists.querySelector('button[data-key="A"]')?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
