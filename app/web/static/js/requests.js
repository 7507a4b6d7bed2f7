// <button data-fills="id-of-a-text"> puts its words at the end of that text.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fills]");
  if (!button) return;
  const text = document.getElementById(button.dataset.fills);
  text.value = [text.value.trim(), button.textContent.trim()].filter(Boolean).join("\n");
  text.focus();
});
