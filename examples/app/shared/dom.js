// Values from a report are set as text. Nothing here parses HTML.

/**
 * Creates an element. Attributes that are null, undefined or false are left out.
 *
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined) {
      element.append(child instanceof Node ? child : String(child));
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
    "section",
    { id, class: "part", "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title),
    lead === null ? null : el("p", { class: "lead" }, lead),
    ...children,
  );
}

/**
 * Returns a region that scrolls sideways and can be focused with the keyboard.
 *
 * @param {string} label
 * @param {Node} child
 */
export function scroller(label, child) {
  return el("div", { class: "scroller", role: "region", "aria-label": label, tabindex: 0 }, child);
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
