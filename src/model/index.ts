export * from './model';
export * from './notices';
export * from './problem';
export * from './state';
export type { ISenderState, FileSender } from './fileSender';
