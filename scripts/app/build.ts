/**
 * Writes the example app for a static host: its pages, the libraries and `config.json`.
 *
 *     deno task app:build --api-url https://<ref>.supabase.co --key sb_publishable_…
 */
import { Command } from "commander";
import { type AppBuild, buildApp } from "./build_app.ts";

const program = new Command("app:build")
  .description("Write the example app into a folder, ready for any static host.")
  .requiredOption("--api-url <url>", "the project's URL")
  .requiredOption("--key <key>", "the project's publishable key")
  .option("--out <folder>", "folder to write to", "dist/app")
  .action(async (build: AppBuild) => {
    console.log(`${await buildApp(build)} files in ${build.out}`);
  });

await program.parseAsync(Deno.args, { from: "user" });
