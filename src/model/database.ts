export { createStore, del, entries, get, set } from 'idb-keyval';
