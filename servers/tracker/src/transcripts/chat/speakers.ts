/** Who speaks, by the names that people and exports of assistants use. */
const USERS = ["user", "human", "you", "me", "you said", "prompt"];
const ASSISTANTS = [
  ..."assistant,ai,bot,model,agent,claude,claude said,chatgpt,chatgpt said,gpt,gpt-4,gemini,gemini said".split(
    ",",
  ),
  ..."copilot,github copilot,cursor,codex,response".split(","),
];
const OTHERS = ["system", "tool", "developer", "function"];

export type Speaker = "user" | "assistant" | "other";

export function speakerOf(name: string): Speaker | undefined {
  const plain = name.trim().toLowerCase();
  if (USERS.includes(plain)) return "user";
  if (ASSISTANTS.includes(plain)) return "assistant";
  return OTHERS.includes(plain) ? "other" : undefined;
}
