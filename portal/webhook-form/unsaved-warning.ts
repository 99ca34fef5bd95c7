/** Asks before what was typed is lost: when the address changes, the page is closed or loaded anew. */
import { useBlocker } from '@tanstack/react-router';

/** @param isUnsaved something was typed that is stored nowhere */
export function useUnsavedWarning(isUnsaved: boolean): void {
  useBlocker({ shouldBlockFn: () => false, enableBeforeUnload: isUnsaved, disabled: !isUnsaved });
}
