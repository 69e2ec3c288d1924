import { type GoldSession, todo, tool } from "./_gold-session.ts";

export const STRUCTURED: readonly GoldSession[] = [
  {
    name: "task tools",
    said: [
      tool("1", { subject: "Design the calendar", status: "pending" }),
      tool("2", { subject: "Draw the calendar", status: "pending", blockedBy: ["1"] }),
      tool("3", { subject: "Announce it", status: "pending" }),
      tool("1", { status: "in_progress" }),
      { notice: "compaction" },
      tool("1", { status: "completed" }),
      tool("3", { status: "deleted" }),
    ],
    tasks: [
      ["task-tool", "Design the calendar", "done"],
      ["task-tool", "Draw the calendar", "open"],
      ["task-tool", "Announce it", "abandoned"],
    ],
  },
  {
    name: "a task that waits, and one that is named anew",
    said: [
      tool("1", { subject: "Get the key of the bank", status: "pending" }),
      tool("2", { subject: "Take payments", status: "pending" }),
      tool("1", { blocks: ["2"] }),
      tool("1", { subject: "Get the test key of the bank" }),
    ],
    tasks: [
      ["task-tool", "Get the test key of the bank", "open"],
      ["task-tool", "Take payments", "blocked"],
    ],
  },
  {
    name: "a todo list that is written anew",
    said: [
      todo([
        ["Read the old form", "in_progress"],
        ["Write the new form", "pending"],
        ["Ask for a logo", "pending"],
      ]),
      todo([
        ["Read the old form", "completed"],
        ["Write the new form", "in_progress"],
      ]),
      todo([
        ["Write the new form", "completed"],
        ["Test the form on a phone", "pending"],
      ]),
    ],
    tasks: [
      ["todo-list", "Read the old form", "done"],
      ["todo-list", "Write the new form", "done"],
      ["todo-list", "Ask for a logo", "superseded"],
      ["todo-list", "Test the form on a phone", "open"],
    ],
  },
  {
    name: "a plan",
    said: [
      {
        task: {
          source: "plan",
          items: [
            { subject: "Measure it", status: "completed" },
            { subject: "Make it quick", status: "pending" },
          ],
        },
      },
    ],
    tasks: [
      ["plan", "Measure it", "done"],
      ["plan", "Make it quick", "open"],
    ],
  },
];
