// The hospital's page: its clocks count by the server's.
"use strict";

(() => {
  const night = document.getElementById("night");
  const clock = globalThis.astreinteClock(night, "night-at");
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === night) clock.set();
  });
  clock.set();
})();
