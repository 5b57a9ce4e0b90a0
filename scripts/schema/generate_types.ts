import { supabaseCli } from "../support/supabase_cli.ts";

/** Returns TypeScript types of the schemas public and chat, as the Supabase CLI generates them. */
export async function generateTypes(url: string): Promise<string> {
  const { code, stdout, stderr } = await supabaseCli(
    ...[
      "gen",
      "types",
      "--lang",
      "typescript",
      "--schema",
      "public,chat",
      `--remote=${url}?sslmode=disable`,
    ],
  );
  if (code !== 0) throw new Error(`supabase gen types failed: ${stderr}`);
  return stdout;
}
