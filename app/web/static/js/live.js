// Says when a page is no longer live: its stream is lost, a part of it could not be fetched, or the
// platform was updated since it was loaded. It is not loaded again by itself: it would be mute then,
// and what was typed would be gone.
"use strict";

(() => {
  const lost = document.getElementById("lost");
  const lacks = new Set();
  const note = (what, isLacking) => {
    if (isLacking) lacks.add(what);
    else lacks.delete(what);
    lost.hidden = lacks.size === 0;
  };

  document.body.addEventListener("htmx:sseOpen", () => note("stream", false));
  document.body.addEventListener("htmx:sseError", () => note("stream", true));
  document.body.addEventListener("htmx:sseClose", (event) => {
    if (event.detail.type !== "message") return;
    note("stream", false);
    document.getElementById("ended").hidden = false;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    if (elt.matches("[data-live]")) note(elt.id, !successful);
    const pages = xhr.getResponseHeader("Astreinte-Pages");
    const isOther = pages && pages !== document.documentElement.dataset.pages;
    if (isOther) document.getElementById("outdated").hidden = false;
  });
})();
