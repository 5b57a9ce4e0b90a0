/**
 * Bundles the functions into a folder that the Supabase CLI deploys.
 *
 *     deno task functions:build [--out <folder>]
 *     supabase functions deploy --workdir <folder> --use-api
 */
import { Command } from "commander";
import { buildFunctions } from "./build_functions.ts";
import { compressedSize } from "./compressed_size.ts";

interface Options {
  readonly out: string;
}

const program = new Command("functions:build")
  .description("Bundle the functions into a folder that the Supabase CLI deploys.")
  .option("--out <folder>", "folder to write to", "dist")
  .action(async ({ out }: Options) => {
    for (const { name, code } of await buildFunctions(out)) {
      console.log(`${name.padEnd(16)} ${(compressedSize(code) / 1e6).toFixed(2)} MB compressed`);
    }
    console.log(`\nDeploy them with: supabase functions deploy --workdir ${out} --use-api`);
  });

await program.parseAsync(Deno.args, { from: "user" });
