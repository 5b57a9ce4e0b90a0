import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Returns the path of this machine's Chromium; undefined if it has none. */
export function findChromium(): string | undefined {
  const path = PATHS.find((candidate) => {
    try {
      return Deno.statSync(candidate).isFile;
    } catch {
      return false;
    }
  });
  if (path === undefined) console.warn("No Chromium is installed: the page's tests are skipped.");
  return path;
}

/** Starts a Chromium that makes no network requests of its own. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}

/** Page in a browser context of its own. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Errors of the page and its console. */
  readonly complaints: string[];
  /** Origins of its requests. */
  readonly origins: Set<string>;
}

/** Opens a page, 1280 pixels wide unless the options say otherwise. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (/^http/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  await page.goto(url);
  return { page, complaints, origins, [Symbol.asyncDispose]: () => context.close() };
}

/** Returns the accessibility violations that axe finds. */
export async function findObstacles(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof import("axe-core") })
      .axe.run();
    return violations.map(({ id, nodes }) =>
      `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 300)}`
    );
  });
}
