import assert from "node:assert/strict";
import { checkConfig } from "./check_config.ts";

const findingsOf = (toml: string) => checkConfig(toml).map(({ finding }) => finding);

Deno.test("the repository's config.toml gives no preview branch another project's address", async () => {
  const file = new URL("../../supabase/config.toml", import.meta.url);
  assert.deepEqual(findingsOf(await Deno.readTextFile(file)), []);
});

Deno.test("an address that every branch reads is refused", () => {
  const [finding] = findingsOf('[db.vault]\nproject_url = "https://abc.supabase.co"');
  assert.match(finding ?? "", /^\[db\.vault\] project_url is an address/);
  assert.deepEqual(findingsOf('[db.vault]\nproject_url = "env(PROJECT_URL)"'), []);
});

Deno.test("a branch may have its own address and no other's", () => {
  const branch = (url: string) => `
    [remotes.staging]
    project_id = "bbbbbbbbbbbbbbbbbbbb"
    [remotes.staging.db.vault]
    project_url = "${url}"`;
  assert.deepEqual(findingsOf(branch("https://bbbbbbbbbbbbbbbbbbbb.supabase.co")), []);
  assert.deepEqual(findingsOf(branch("env(STAGING_URL)")), []);
  const [finding] = findingsOf(branch("https://aaaaaaaaaaaaaaaaaaaa.supabase.co"));
  assert.match(finding ?? "", /^\[remotes\.staging\.db\.vault\] project_url is https:\/\/a/);
});
