import type { ToolEntry } from "../../api/generated.ts";
import { Badge } from "../../ui/badge.tsx";

type Marked = Pick<ToolEntry, "read_only" | "destructive" | "cacheable" | "breaker" | "listed">;

/** What a tool may do, and how it stands, in a word each. */
export function ToolMarks({ tool }: { readonly tool: Marked }) {
  const { read_only, destructive, cacheable, breaker, listed } = tool;
  return (
    <span className="tools-marks">
      {breaker !== "closed" && (
        <Badge tone="bad" dot title="It failed too often, and is not called for a while.">
          breaker {breaker === "open" ? "open" : "half open"}
        </Badge>
      )}
      {!listed && (
        <Badge title="It can be called and found, but is not in the list.">unlisted</Badge>
      )}
      {cacheable && <Badge tone="info">cached</Badge>}
      {read_only ? (
        <Badge tone="ok">reads</Badge>
      ) : destructive ? (
        <Badge tone="warn">may destroy</Badge>
      ) : (
        <Badge>writes</Badge>
      )}
    </span>
  );
}
