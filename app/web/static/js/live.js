// Says when a page is no longer live: its stream is lost, or a part of it could not be fetched.
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
    const { elt, successful } = event.detail;
    if (elt.matches("[data-live]")) note(elt.id, !successful);
  });
})();
