import { statSync } from "node:fs";
import { basename, join } from "node:path";
import type { FunctionConfig, StackConfig } from "../config.ts";

/** Pattern of the folder names that the CLI deploys. `_shared` and hidden folders do not match. */
const DEPLOYED_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Names of import maps, in the order in which the CLI looks for them. */
const IMPORT_MAPS = ["deno.json", "deno.jsonc", "import_map.json"];

/** Returns a function by name, with the CLI's defaults if config.toml does not describe it. */
export function findFunction(
  config: Pick<StackConfig, "functions" | "functionsDir">,
  name: string,
): FunctionConfig | undefined {
  if (!DEPLOYED_NAME.test(name)) return undefined;
  const described = config.functions.find((entry) => entry.name === name) ?? {
    name,
    enabled: true,
    verifyJwt: true,
    entrypoint: join(config.functionsDir, name, "index.ts"),
    importMap: undefined,
  };
  return described.enabled && isFile(described.entrypoint) ? described : undefined;
}

/** Returns the arguments with which Deno resolves a function's imports. */
export function importArguments(
  { name, importMap }: FunctionConfig,
  { functionsDir }: Pick<StackConfig, "functionsDir">,
): string[] {
  const folder = join(functionsDir, name);
  const map = importMap ?? IMPORT_MAPS.map((file) => join(folder, file)).find(isFile);
  if (map === undefined) return ["--no-config"];
  return /^deno\.jsonc?$/.test(basename(map))
    ? [`--config=${map}`]
    : ["--no-config", `--import-map=${map}`];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
