import type { FontFamily } from "./fonts.ts";

/** How a piece of text is set. */
export interface TextStyle {
  size: number;
  bold?: boolean;
  color?: string;
  anchor?: "start" | "middle" | "end";
  font?: FontFamily;
}

/**
 * A piece of paper lying on a desk, as SVG. Coordinates are pixels from the paper's top left
 * corner. What is written on it is kept as strings too, so that a test can compare it with the
 * JSON that a reader is expected to find.
 */
export class Sheet {
  readonly width: number;
  readonly height: number;
  readonly written: string[] = [];
  readonly #font: FontFamily;
  readonly #marks: string[] = [];

  constructor(width: number, height: number, font: FontFamily) {
    this.width = width;
    this.height = height;
    this.#font = font;
  }

  /** Writes `text` with its baseline at `y`. */
  text(x: number, y: number, text: string, style: TextStyle): void {
    this.written.push(text);
    const { size, bold = false, color = "#1c1c1c", anchor = "start", font = this.#font } = style;
    this.#marks.push(
      `<text x="${x}" y="${y}" font-family="${font}" font-size="${size}" fill="${color}"` +
        ` font-weight="${bold ? 700 : 400}" text-anchor="${anchor}" xml:space="preserve">` +
        `${escapeXml(text)}</text>`,
    );
  }

  /** Writes `left` and `right` on one baseline at the two margins. */
  pair(margin: number, y: number, left: string, right: string, style: TextStyle): void {
    this.text(margin, y, left, style);
    this.text(this.width - margin, y, right, { ...style, anchor: "end" });
  }

  /** Draws a horizontal rule; `dash` is an SVG dash pattern. */
  rule(x1: number, x2: number, y: number, dash = "", color = "#444444", thickness = 1.5): void {
    const pattern = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
    this.#marks.push(
      `<line x1="${x1}" y1="${y}" x2="${x2}" y2="${y}" stroke="${color}"` +
        ` stroke-width="${thickness}"${pattern}/>`,
    );
  }

  /** Fills a rectangle. */
  box(x: number, y: number, width: number, height: number, color: string, radius = 0): void {
    this.#marks.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${color}"/>`,
    );
  }

  /** Draws any other SVG, such as a logo. */
  mark(svg: string): void {
    this.#marks.push(svg);
  }

  /** Draws a barcode of random bars, which carries no text. */
  barcode(x: number, y: number, width: number, height: number, random: () => number): void {
    for (let at = 0; at < width;) {
      const bar = 2 + Math.floor(random() * 3) * 2;
      this.box(x + at, y, bar, height, "#1c1c1c");
      at += bar + 2 + Math.floor(random() * 3) * 2;
    }
  }

  /**
   * The whole picture: the sheet turned by `skew` degrees on a desk that shows `margin` pixels
   * around it. A desk of null is a page exported straight to an image.
   */
  toSvg(options: { margin: number; skew: number; paper: string; desk: string | null }): string {
    const { margin, skew, paper, desk } = options;
    const width = this.width + 2 * margin;
    const height = this.height + 2 * margin;
    const shadow = desk === null
      ? ""
      : `<rect x="6" y="8" width="${this.width}" height="${this.height}" fill="#000" opacity="0.25"/>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
      `<rect width="${width}" height="${height}" fill="${desk ?? paper}"/>` +
      `<g transform="rotate(${skew} ${width / 2} ${height / 2}) translate(${margin} ${margin})">` +
      `${shadow}<rect width="${this.width}" height="${this.height}" fill="${paper}"/>` +
      `${this.#marks.join("")}</g></svg>`;
  }
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
