export * from './model';
export * from './notices';
export * from './problem';
export * from './session';
export * from './state';
export { UPLOAD_LOST, type FileSender } from './fileSender';
export { type ISenderState } from './sendingRows';
