import { testFaults } from './fault-matrix.ts'

/** Answers that do not come: who waits for them is idle, so many can wait at once. */
testFaults(['hang', 'hang after effect'], 24)
