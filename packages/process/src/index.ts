export { parseCommandLine } from "./command-line.ts";
export { endMarked } from "./processes-of.ts";
export {
  type CommandParts,
  type CommandResult,
  type CommandSpec,
  runCommand,
  type StopReason,
} from "./run-command.ts";
