import '@testing-library/jest-dom';
import { configure } from '@testing-library/dom';

// A limit ends a test that hangs; no test passes or fails by the speed of the machine.
configure({ asyncUtilTimeout: 60_000 });
