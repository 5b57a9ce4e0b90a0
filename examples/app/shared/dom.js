// Values from a report are set as text. Nothing here parses HTML.

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * Creates an element: `el("p.quiet", { id: "note" }, "text")`. Attributes that are null, undefined or
 * false are left out, and so are children that are null or undefined.
 *
 * @param {string} selector tag with its classes
 * @param {...(Attributes | Node | string | number | null | undefined)} parts attributes and children
 * @returns {HTMLElement}
 */
export function el(selector, ...parts) {
  const [tag = "", ...classes] = selector.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const part of parts) {
    if (part === null || part === undefined) continue;
    if (part instanceof Node) element.append(part);
    else if (typeof part !== "object") element.append(String(part));
    else {
      for (const [name, value] of Object.entries(part)) {
        if (value === null || value === undefined || value === false) continue;
        element.setAttribute(name, value === true ? "" : String(value));
      }
    }
  }
  return element;
}

/**
 * Returns a section with a heading.
 *
 * @param {string} id
 * @param {string} title
 * @param {string | null} lead sentence below the title
 * @param {...(Node | null)} children
 */
export function section(id, title, lead, ...children) {
  return el(
    "section.part",
    { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title`, tabindex: -1 }, title),
    lead === null ? null : el("p.lead", lead),
    ...children,
  );
}

/**
 * Returns a table in a region that scrolls sideways and can be focused with the keyboard. On a phone
 * the style sheet makes each row a list, where a cell shows the head of its column (`data-label`); the
 * roles keep it a table for screen readers.
 *
 * @param {{ selector: string, label: string, caption: string }} table label of the region
 * @param {(string | HTMLElement)[]} heads texts of the column heads, or the heads themselves
 * @param {HTMLElement[]} rows
 */
export function scrollingTable({ selector, label, caption }, heads, rows) {
  const columns = heads.map((head) =>
    typeof head === "string" ? el("th", { scope: "col" }, head) : head
  );
  const labels = columns.map(({ textContent }) => textContent);
  for (const column of columns) column.setAttribute("role", "columnheader");
  for (const row of rows) {
    row.setAttribute("role", "row");
    for (const [place, cell] of [...row.children].entries()) {
      cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      if (place > 0) cell.setAttribute("data-label", labels[place] ?? "");
    }
  }
  const table = el(
    selector,
    { role: "table" },
    el("caption.unseen", caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...columns)),
    el("tbody", { role: "rowgroup" }, ...rows),
  );
  return el("div.card.scroller", { role: "region", "aria-label": label, tabindex: 0 }, table);
}

/**
 * Announces a text to screen readers.
 *
 * @param {string} text
 */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer !== null) announcer.textContent = text;
}
