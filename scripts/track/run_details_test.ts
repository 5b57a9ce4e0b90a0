import assert from "node:assert/strict";
import { findRevision } from "./run_details.ts";

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=Tester", "-c", "user.email=tester@example.com", ...args],
    cwd,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("a commit on no branch is not taken for the main branch", async () => {
  const folder = await Deno.makeTempDir({ prefix: "modelpick-git-" });
  try {
    assert.deepEqual(findRevision(folder, {}), { branch: null, commit: null });
    await git(folder, "init", "--quiet", "--initial-branch=topic");
    await git(folder, "commit", "--quiet", "--allow-empty", "--message=first");
    const commit = await git(folder, "rev-parse", "HEAD");
    assert.deepEqual(findRevision(folder, {}), { branch: "topic", commit });
    await git(folder, "checkout", "--quiet", "--detach");
    assert.deepEqual(findRevision(folder, {}), { branch: "(detached HEAD)", commit });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
