import assert from "node:assert/strict";
import { isSameModel } from "./same_model.ts";

Deno.test("a name with a date, another vendor's prefix, a variant or another order is the same model", () => {
  const same = [
    ["gpt-4o", "gpt-4o-2024-08-06"],
    ["openai/gpt-4o", "gpt-4o-2024-08-06"],
    ["openai/gpt-4o:free", "openai/gpt-4o"],
    ["gpt-4o-2024-08-06", "gpt-4o"],
    ["google/gemini-2.5-flash", "models/gemini-2.5-flash"],
    ["gemini-2.5-flash-preview", "gemini-2.5-flash-preview-05-20"],
    ["gemini-2.0-flash", "gemini-2.0-flash-001"],
    ["mistral-small-latest", "mistral-small-2506"],
    ["anthropic/claude-sonnet-4", "anthropic/claude-4-sonnet-20250522"],
    ["claude-3.5-sonnet", "claude-3-5-sonnet@20240620"],
    ["claude-3-5-sonnet", "us.anthropic.claude-3-5-sonnet-20240620-v1:0"],
    ["llama-v3p1-8b", "accounts/fireworks/models/llama-v3p1-8b"],
    ["qwen2.5-vl-7b-instruct", "/models/Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf"],
    ["openrouter/auto", "acme/anything"],
  ] as const;
  for (const [asked, answered] of same) assert.equal(isSameModel(asked, answered), true, answered);
});

Deno.test("another version, size, family or date is another model", () => {
  const others = [
    ["google/gemini-2.5-pro", "google/gemini-3.8-flash"],
    ["gemini-2.5-pro", "gemini-2.5-flash"],
    ["openai/gpt-4o", "gpt-4o-mini-2024-07-18"],
    ["gpt-4o-2024-05-13", "gpt-4o-2024-08-06"],
    ["x-ai/grok-4", "x-ai/grok-4-fast"],
    ["llama3:8b", "llama3:70b"],
    ["a/b", "google/another-model"],
  ] as const;
  for (const [asked, other] of others) assert.equal(isSameModel(asked, other), false, other);
});
