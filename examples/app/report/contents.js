import { el } from "../shared/dom.js";

/**
 * Returns links to the sections of the page.
 *
 * @param {HTMLElement[]} sections
 */
export function contents(sections) {
  const links = sections.map((section) => {
    const link = el("a", { href: `#${section.id}` }, section.querySelector("h2")?.textContent);
    link.addEventListener("click", (event) => {
      // The part behind the # may hold the secret of the link.
      event.preventDefault();
      section.scrollIntoView();
      section.querySelector("h2")?.focus({ preventScroll: true });
    });
    return el("li", link);
  });
  return el("nav.contents", { "aria-label": "Contents" }, el("ul", ...links));
}
