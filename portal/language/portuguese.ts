/** The texts in Portuguese, gathered from every folder: whoever adds a screen puts a `pt-BR.po` beside it. */
import type { Messages } from '@lingui/core';

const parts = import.meta.glob<{ messages: Messages }>('../**/pt-BR.po', { eager: true });

export const messages: Messages = Object.assign({}, ...Object.values(parts).map((part) => part.messages)) as Messages;
