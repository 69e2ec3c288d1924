import {
  isJsonObject,
  type JsonObject,
  messageOf,
  type RequestContext,
  RPC,
  RpcError,
  type ServerInstance,
} from "@trestle/protocol";

/** How many times a legacy client is asked before a request is given up. */
const MAX_ROUNDS = 8;

export interface InputRequired extends JsonObject {
  resultType: "input_required";
}

export function isInputRequired(result: JsonObject): result is InputRequired {
  return result.resultType === "input_required";
}

/** Refuses to ask a modern client for what its request did not declare. */
export function checkInputCapabilities(result: InputRequired, capabilities: JsonObject): void {
  const requests = requestsOf(result);
  if (requests.length === 0 && typeof result.requestState !== "string") throw emptyResult();
  for (const [key, question] of requests) {
    const missing = missingCapability(question, capabilities);
    if (!missing) continue;
    const message = `Cannot ask for '${key}': the client did not declare what ${question.method} needs`;
    throw new RpcError(RPC.missingClientCapability, message, { requiredCapabilities: missing });
  }
}

/**
 * Answers an `input_required` result of a legacy request by asking the client live and requesting
 * again, as a modern client would have done.
 */
export async function fulfilLive(
  instance: ServerInstance,
  request: { method: string; params: JsonObject; context: RequestContext },
  first: InputRequired,
): Promise<JsonObject> {
  const { method, params, context } = request;
  let result: JsonObject = first;
  for (let round = 0; isInputRequired(result); round += 1) {
    if (round === MAX_ROUNDS)
      return failure(method, `Gave up after asking the client ${MAX_ROUNDS} times.`);
    const asked = await askAll(result, context);
    if ("failed" in asked) return failure(method, asked.failed);
    const next: JsonObject = { ...params, inputResponses: asked.responses };
    if (result.requestState !== undefined) next.requestState = result.requestState;
    result = await instance.request(method, next, context);
  }
  return result;
}

async function askAll(
  result: InputRequired,
  context: RequestContext,
): Promise<{ responses: JsonObject } | { failed: string }> {
  const requests = requestsOf(result);
  if (requests.length === 0 && typeof result.requestState !== "string") throw emptyResult();
  const responses: JsonObject = {};
  try {
    await Promise.all(
      requests.map(async ([key, { method, params }]) => {
        if (
          !context.askClient ||
          missingCapability({ method, params }, context.client.capabilities)
        )
          throw new Error(`this client did not declare that it can answer ${method}`);
        responses[key] = await context.askClient(method, params);
      }),
    );
  } catch (error) {
    return { failed: `Cannot get the input that is needed: ${messageOf(error)}` };
  }
  return { responses };
}

/** The capabilities that a question needs and a client lacks. */
export function missingCapability(
  { method, params }: { method: string; params: JsonObject },
  capabilities: JsonObject,
): JsonObject | undefined {
  const { elicitation, sampling, roots } = capabilities;
  if (method === "roots/list") return roots === undefined ? { roots: {} } : undefined;
  if (method === "elicitation/create") {
    const url = params.mode === "url";
    if (elicitation === undefined) return { elicitation: url ? { url: {} } : { form: {} } };
    const modes = isJsonObject(elicitation) ? elicitation : {};
    // An empty declaration means forms, which is all there was when it was first written.
    const declared = url ? modes.url !== undefined : modes.form !== undefined || !modes.url;
    return declared ? undefined : { elicitation: url ? { url: {} } : { form: {} } };
  }
  if (sampling === undefined) return { sampling: {} };
  const tools = params.tools !== undefined || params.toolChoice !== undefined;
  if (tools && isJsonObject(sampling) && sampling.tools === undefined)
    return { sampling: { tools: {} } };
  return undefined;
}

const askable = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);

function requestsOf(result: InputRequired): [string, { method: string; params: JsonObject }][] {
  const requests = isJsonObject(result.inputRequests) ? result.inputRequests : {};
  return Object.entries(requests).map(([key, request]) => {
    const method = isJsonObject(request) ? request.method : undefined;
    if (typeof method !== "string" || !askable.has(method)) {
      throw new RpcError(RPC.internal, `The server asked for '${key}' in a way no client knows`);
    }
    const { params } = request as JsonObject;
    return [key, { method, params: isJsonObject(params) ? params : {} }];
  });
}

/** In the legacy era a tool's failure is a result, so that the model reads it; other methods have only errors. */
function failure(method: string, message: string): JsonObject {
  if (method !== "tools/call") throw new RpcError(RPC.internal, message);
  return { content: [{ type: "text", text: message }], isError: true };
}

function emptyResult(): RpcError {
  return new RpcError(RPC.internal, "The server asked for input without saying which");
}
