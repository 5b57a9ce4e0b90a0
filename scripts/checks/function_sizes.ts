/**
 * Checks how many bytes of each function the Supabase CLI uploads: built, as `deno task
 * functions:build` makes it, and as it stands in the repository.
 */
import { bundleFunctions } from "../functions/bundle_functions.ts";
import { compressedSize } from "../functions/compressed_size.ts";
import { readDeployedFunctions } from "../functions/deployed_functions.ts";
import { measureSources } from "../functions/source_size.ts";

/**
 * Largest compressed sizes in bytes. Without Docker the CLI bundles sources on the server, where
 * failures are reported from 4 MB on.
 */
export const SIZE_LIMITS = { built: 1e6, source: 3e6 };

/** Packages named for a function that is too large. */
const NAMED = 5;

/** Uploaded function. */
export interface Upload {
  readonly name: string;
  /** Compressed size in bytes. */
  readonly compressed: number;
  /** Bytes by package. */
  readonly packages: ReadonlyMap<string, number>;
}

/** Returns a line for each function that is too large, with its largest packages. */
export async function checkFunctionSizes(): Promise<string[]> {
  const { functions } = await readDeployedFunctions();
  const bundles = await bundleFunctions(
    functions.map(({ name, entrypoint }) => ({ name, path: entrypoint })),
  );
  const built = bundles.map(({ name, code, packages }) => ({
    name,
    compressed: compressedSize(code),
    packages,
  }));
  const sources = [...await measureSources(functions)]
    .map(([name, { compressedMegabytes, packages }]) => ({
      name,
      compressed: compressedMegabytes * 1e6,
      packages,
    }));
  return [
    ...findTooLarge("built", built, SIZE_LIMITS.built),
    ...findTooLarge("as source", sources, SIZE_LIMITS.source),
  ];
}

/** Returns a line for each upload above the limit, in bytes. */
export function findTooLarge(how: string, uploads: readonly Upload[], limit: number): string[] {
  return uploads.filter(({ compressed }) => compressed > limit)
    .map(({ name, compressed, packages }) => {
      const largest = [...packages].sort(([, a], [, b]) => b - a).slice(0, NAMED)
        .map(([id, bytes]) => `${id} ${megabytes(bytes)}`);
      return `${name}, ${how}: ${megabytes(compressed)} MB compressed, over ${megabytes(limit)}. ` +
        `Largest: ${largest.join(", ")}`;
    });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
