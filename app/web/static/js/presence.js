// A reader's page stays live while its tab is hidden: a browser that saves energy does not freeze
// a page that holds a lock (Web Locks API), and a frozen one would hear of no case.
"use strict";

(() => {
  const forEver = new Promise(() => {});
  navigator.locks?.request("astreinte-reads", { mode: "shared" }, () => forEver);
})();
