export * from './model';
export * from './notices';
export * from './problem';
export * from './session';
export * from './state';
export { type FileSender } from './fileSender';
export { UPLOAD_LOST } from './refusal';
export { type ISenderState } from './sendingRows';
export { AT_ONCE, tellAtOnce, toldAtOnce } from './turns';
