import { testRareRoundsOf } from './rare-rounds.ts'

testRareRoundsOf('2')
