import { announce, el } from "../shared/dom.js";

/** Files of the menu, each by its query to the function `report`. */
export const FILES = [
  { query: "?format=csv", name: "models.csv", title: "Models (CSV)" },
  { query: "?format=csv&table=runs", name: "runs.csv", title: "Runs (CSV)" },
  { query: "?format=md", name: "report.md", title: "Markdown" },
  { query: "?format=svg", name: "report.svg", title: "Chart (SVG)" },
  { query: "?format=json", name: "report.json", title: "JSON" },
];

/**
 * Returns the menu of files. They are fetched with the token in a header, which a link cannot send.
 *
 * @param {import("./api.js").Api} api
 */
export function downloads(api) {
  const menu = el("details.menu", el("summary", "Download"));
  const save = async (/** @type {typeof FILES[number]} */ { query, name }) => {
    const url = URL.createObjectURL(await api.file(query));
    el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    menu.removeAttribute("open");
  };
  const items = FILES.map((file) => {
    const button = el("button", { type: "button" }, file.title);
    button.addEventListener("click", () => {
      save(file).catch(() => announce(`${file.title} could not be downloaded.`));
    });
    return el("li", button);
  });
  menu.append(el("ul", ...items));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  });
  return menu;
}
