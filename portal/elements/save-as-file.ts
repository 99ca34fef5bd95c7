/** Hands something to the browser to be kept as a file. */

/** As long as the browser may take to begin. */
const keptMs = 60_000;

export function saveAsFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, keptMs);
}
