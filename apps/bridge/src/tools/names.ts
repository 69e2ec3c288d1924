/** The id under which the bridge's own tools are called. No server can be configured under it. */
export const OWN_SERVER = "bridge";

/** The tool that reads on in results that were shortened. */
export const READ_RESULT = "read_result";
