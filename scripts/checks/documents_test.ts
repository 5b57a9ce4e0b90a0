import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function listFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
    if (isDirectory) found.push(...await listFiles(`${folder}${name}/`));
    else found.push(folder + name);
  }
  return found;
}

Deno.test("every file that the architecture page names exists", async () => {
  const folders = ["supabase/", "scripts/", "examples/app/", "docs/"];
  const files = (await Promise.all(folders.map(listFiles))).flat();
  const page = await Deno.readTextFile(`${ROOT}docs/architecture.md`);
  const named = Array.from(
    page.matchAll(/`([^`\s]+\.(?:ts|sql|js|md))`/g),
    ([, name = ""]) => name,
  );
  // `…` stands for the beginning of a migration's name.
  const missing = named.filter((name) => {
    const ending = name.includes("…") ? name.slice(name.indexOf("…") + 1) : `/${name}`;
    return !files.some((file) => `/${file}`.endsWith(ending));
  });
  assert.ok(named.length > 60, `only ${named.length} names were found`);
  assert.deepEqual(missing, []);
});

Deno.test("the operator's page lists every warning and error that the functions log, and no other", async () => {
  const sources = (await listFiles("supabase/functions/")).filter((file) =>
    /\.tsx?$/.test(file) && !/_test\.tsx?$/.test(file)
  );
  const texts = await Promise.all(sources.map((file) => Deno.readTextFile(ROOT + file)));
  const logged = texts.flatMap((text) =>
    Array.from(text.matchAll(/\.(?:warn|error)\(\s*"([^"]+)"/g), ([, message = ""]) => message)
  );
  const page = await Deno.readTextFile(`${ROOT}docs/operations.md`);
  const logs = page.slice(page.indexOf("## Logs"));
  const listed = Array.from(
    logs.matchAll(/^\| (`[^|]+`)/gm),
    ([, cell = ""]) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, message = ""]) => message),
  ).flat();
  assert.ok(logged.length > 30, `only ${logged.length} messages were found`);
  assert.deepEqual(logged.filter((message) => !logs.includes(`\`${message}\``)), []);
  assert.deepEqual(listed.filter((message) => !texts.some((text) => text.includes(message))), []);
});
