// The month of the planning: arrows walk from seat to seat, Enter opens one, Ctrl+Z undoes.
"use strict";

(() => {
  const chips = () => [...document.querySelectorAll("[data-grid] .chip")];
  const enter = () => {
    const first = chips();
    if (first.length && !first.some((chip) => chip.tabIndex === 0)) first[0].tabIndex = 0;
  };

  const focus = (chip) => {
    if (!chip) return;
    chips().forEach((each) => { each.tabIndex = -1; });
    chip.tabIndex = 0;
    chip.focus();
  };

  // Left and right: the same row; up and down: the nearest seat of the same column.
  const neighbour = (chip, key) => {
    const cell = chip.closest("td");
    const within = [...cell.querySelectorAll(".chip")];
    const place = within.indexOf(chip);
    if (key === "ArrowDown" && place + 1 < within.length) return within[place + 1];
    if (key === "ArrowUp" && place > 0) return within[place - 1];
    if (key === "ArrowLeft" || key === "ArrowRight") {
      let next = cell;
      do next = key === "ArrowLeft" ? next.previousElementSibling : next.nextElementSibling;
      while (next && !next.querySelector(".chip"));
      const found = next ? [...next.querySelectorAll(".chip")] : [];
      return found[Math.min(place, found.length - 1)];
    }
    let row = cell.parentElement;
    const column = cell.cellIndex;
    do row = key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    while (row && !row.cells[column].querySelector(".chip"));
    const found = row ? [...row.cells[column].querySelectorAll(".chip")] : [];
    return key === "ArrowUp" ? found.at(-1) : found[0];
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.matches("[data-grid] .chip") && event.key.startsWith("Arrow")) {
      event.preventDefault();
      focus(neighbour(event.target, event.key));
    }
    const isField = event.target.matches("input, textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isField) {
      const button = document.querySelector(`[data-key="${event.shiftKey ? "redo" : "undo"}"]`);
      if (button) { event.preventDefault(); button.click(); }
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-prints]")) window.print();
    const chip = event.target.closest("[data-grid] .chip");
    if (chip) focus(chip);
  });

  document.body.addEventListener("htmx:afterSettle", enter);
  enter();
})();
