import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useToasts } from "../../ui/toasts.tsx";

export interface ShownOnceProps {
  /** Of a key; undefined while there is none to show. */
  readonly text: string | undefined;
  readonly name: string;
  readonly close: () => void;
}

/** The only moment in which anybody sees the text of a key. */
export function ShownOnce({ text = "", name, close }: ShownOnceProps) {
  const toasts = useToasts();
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toasts.done("Copied"),
      () =>
        toasts.failed(
          "It was not copied",
          new Error("The browser does not allow it here: select the text."),
        ),
    );
  return (
    <Dialog
      open={text !== ""}
      onOpenChange={close}
      title={`The key of ${name}`}
      description="Copy it now: it is kept as a hash, and cannot be shown again."
      size="s"
      actions={
        <>
          <Button icon="copy" onClick={() => void copy()}>
            Copy
          </Button>
          <Button look="primary" onClick={close}>
            I have it
          </Button>
        </>
      }
    >
      <Code label="Text of the key" wrap>
        {text}
      </Code>
    </Dialog>
  );
}
