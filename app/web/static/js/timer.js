// A worker that says when so many milliseconds have gone, also to a page that is hidden.
"use strict";

addEventListener("message", ({ data }) => {
  setTimeout(() => { postMessage(null); }, data);
});
