export { EXIT, exitCodeOf, isCommanderError } from "@trestle/protocol";
