import type { GoldSession } from "./_gold-session.ts";

export const OTHERS: readonly GoldSession[] = [
  {
    name: "tests that fail at the end",
    said: [
      { user: "Fix it" },
      { run: "pnpm test cart", ok: false, output: "Exit code 1" },
      { last: "Have a look." },
    ],
    tasks: [["failing-test", "Make the tests pass: pnpm test cart", "open"]],
  },
  {
    name: "tests that fail behind a pipe, and pass in a wider run later",
    said: [
      { user: "Fix it" },
      { run: "pytest tests/cart.py | tail -3", output: "=== 2 failed, 5 passed in 0.4s ===" },
      { last: "Hm." },
      { user: "Again" },
      { run: "pytest", output: "=== 7 passed in 0.4s ===" },
      { last: "Green." },
    ],
    tasks: [["failing-test", "Make the tests pass: pytest tests/cart.py", "done"]],
  },
  {
    name: "tests that were mended in the same turn, and a refusal",
    said: [
      { user: "Fix it" },
      { run: "go test ./...", ok: false, output: "FAIL shop/cart 0.1s" },
      { run: "go test ./...", output: "ok" },
      {
        run: "npm test",
        ok: false,
        output: "The user doesn't want to proceed with this tool use.",
      },
      { last: "Fixed." },
    ],
    tasks: [],
  },
  {
    name: "a request that was cut off",
    said: [
      { user: "Thanks! Can you rename the shop?" },
      { reply: "Let me look." },
      { notice: "interrupted" },
    ],
    tasks: [["unanswered-request", "Can you rename the shop?", "open"]],
  },
  {
    name: "a request that the service refused",
    said: [{ user: "Move the logo to the left" }, { notice: "api_error", text: "529" }],
    tasks: [["unanswered-request", "Move the logo to the left", "open"]],
  },
  {
    name: "thanks at the end",
    said: [{ user: "Fix it" }, { last: "Fixed." }, { user: "Great, thanks!" }],
    tasks: [],
  },
  {
    name: "comments in code",
    said: [
      {
        tool: "Edit",
        input: {
          file_path: "/p/till.ts",
          old_string: "a",
          new_string: "a // TODO: round to cents",
        },
      },
      {
        tool: "Write",
        input: {
          file_path: "/p/cart.py",
          content: "# FIXME(ann) empty carts crash\nx = 'TODO list'\n",
        },
      },
      {
        tool: "Edit",
        input: { file_path: "/p/a.ts", old_string: "", new_string: "// TODO: never written" },
        ok: false,
      },
      { tool: "Write", input: { file_path: "/p/notes.md", content: "# TODO later" } },
      {
        tool: "Edit",
        input: {
          file_path: "/p/b.ts",
          old_string: "// TODO: old one\nx",
          new_string: "// TODO: old one\ny",
        },
      },
      { tool: "Write", input: { file_path: "/p/cart.py", content: "x = 1\n" } },
    ],
    tasks: [
      ["code-comment", "TODO: round to cents (till.ts)", "open"],
      ["code-comment", "FIXME: empty carts crash (cart.py)", "done"],
    ],
  },
  {
    name: "pull requests",
    said: [
      { run: "gh pr create --fill", output: "https://example.com/acme/shop/pull/7" },
      { run: "gh pr create --fill", output: "https://example.com/acme/shop/pull/8" },
      { notice: "pull_request", text: "https://example.com/acme/shop/pull/8" },
      { run: "gh pr merge 7 --squash", output: "Merged" },
    ],
    tasks: [
      ["pull-request", "Merge the pull request acme/shop#7", "done"],
      ["pull-request", "Merge the pull request acme/shop#8", "open"],
    ],
  },
];
