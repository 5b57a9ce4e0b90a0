import { createRandom } from "./random.ts";

/** What paper, light and a cheap sensor do to a page. All zero leaves it as drawn. */
export interface ScanEffects {
  seed: number;
  /** Standard deviation of the sensor's noise, in grey levels of 255. */
  noise: number;
  /** Share of the contrast that is lost, 0 to 1; ink fades towards the paper. */
  fade: number;
  /** Radius of the blur in pixels: 0, 1 or 2. */
  blur: number;
  /** How much darker the far corner lies than the lit one, in grey levels. */
  shade: number;
  /** Dark or light specks for every 100,000 pixels. */
  specks: number;
  /** Strength, 0 to 1, of light bands across the paper where a thermal head printed weakly. */
  bands: number;
}

/** Grey levels, row by row. */
export interface GreyImage {
  width: number;
  height: number;
  levels: Uint8Array;
}

/** Turns RGBA pixels to grey levels and lays the effects over them; the same seed, the same image. */
export function scan(
  pixels: Uint8Array,
  width: number,
  height: number,
  effects: ScanEffects,
): GreyImage {
  const random = createRandom(effects.seed);
  let levels = new Float64Array(width * height);
  for (let at = 0; at < levels.length; at++) {
    const red = pixels[4 * at] ?? 0;
    const green = pixels[4 * at + 1] ?? 0;
    const blue = pixels[4 * at + 2] ?? 0;
    levels[at] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  if (effects.bands > 0) bleach(levels, width, height, effects.bands, random);
  for (let pass = 0; pass < effects.blur; pass++) levels = soften(levels, width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const inked = levels[at] ?? 0;
      const faded = inked + effects.fade * (215 - inked);
      const shaded = faded - effects.shade * (x / width + y / height) / 2;
      levels[at] = shaded + effects.noise * gauss(random);
    }
  }
  const specks = Math.round(effects.specks * levels.length / 100_000);
  for (let speck = 0; speck < specks; speck++) {
    const x = Math.floor(random() * (width - 2));
    const y = Math.floor(random() * (height - 2));
    const level = random() < 0.6 ? 60 : 245;
    for (const [dx, dy] of [[0, 0], [1, 0], [0, 1]] as const) {
      levels[(y + dy) * width + x + dx] = level;
    }
  }
  return { width, height, levels: Uint8Array.from(levels, clamp) };
}

function clamp(level: number): number {
  return Math.max(0, Math.min(255, Math.round(level)));
}

/** About normal: the sum of three uniform draws, scaled to a deviation of one. */
function gauss(random: () => number): number {
  return (random() + random() + random() - 1.5) * 2;
}

/** A 3 × 3 blur with the weights 1 2 1. */
function soften(levels: Float64Array, width: number, height: number): Float64Array<ArrayBuffer> {
  const across = new Float64Array(levels.length);
  const down = new Float64Array(levels.length);
  for (let at = 0; at < levels.length; at++) {
    const x = at % width;
    const here = levels[at] ?? 0;
    const left = x > 0 ? levels[at - 1] ?? here : here;
    const right = x < width - 1 ? levels[at + 1] ?? here : here;
    across[at] = (left + 2 * here + right) / 4;
  }
  for (let at = 0; at < across.length; at++) {
    const y = Math.floor(at / width);
    const here = across[at] ?? 0;
    const above = y > 0 ? across[at - width] ?? here : here;
    const below = y < height - 1 ? across[at + width] ?? here : here;
    down[at] = (above + 2 * here + below) / 4;
  }
  return down;
}

/** Bands end before the paper does, so that the desk keeps its colour. */
const bandInset = 45;

function bleach(
  levels: Float64Array,
  width: number,
  height: number,
  strength: number,
  random: () => number,
): void {
  for (let band = 0; band < 5; band++) {
    const top = bandInset + Math.floor(random() * (height - 3 * bandInset));
    const thickness = 4 + Math.floor(random() * 10);
    for (let y = top; y < Math.min(height, top + thickness); y++) {
      for (let x = bandInset; x < width - bandInset; x++) {
        const level = levels[y * width + x] ?? 0;
        levels[y * width + x] = level + strength * Math.max(0, 225 - level);
      }
    }
  }
}
