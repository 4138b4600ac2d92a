package netns

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// worst names the tests that hold each line of what ktcpvsd(8) says under
// FAULTS a client may see at worst.
var worst = map[string][]func(*testing.T){
	"a server cannot be connected to":                        {TestAServerThatCannotBeReachedIsReplaced, TestAServerThatIsAwayIsNotWaitedForByEveryRequest, TestAnUploadIsWholeAtTheServerThatTakesOver, TestAServerThatIsCutOffCostsItsClientsATimeoutEach, TestTheRedirectAddressStandsInForAServer, TestWithoutAServerAClientIsToldSo, TestAServerThatDoesNotAnswerTheCallTimesOut},
	"a server ends, or is started anew":                      {TestAWebServerIsRestartedUnderLoad, TestClientsOfFailingServersAreTold, TestAWlcClientSeesItsServersEnd},
	"a server is cut off, or silent":                         {TestAServerThatIsCutOffCostsItsClientsATimeoutEach, TestAnAnswerThatIsLostIsNotAskedForAgain, TestReadTimeoutBoundsASilentServer},
	"a kept server connection has died unseen":               {TestConnectionsThatDiedUnseenMakeNoWrongAnswers, TestAServerConnectionThatWasClosedIsNotUsedAgain},
	"a server fails within its response":                     {TestATruncatedResponseIsVisiblyBroken, TestAResponseThatIsCutOffIsVisiblyBroken},
	"a server speaks no proper HTTP":                         {TestClientsOfFailingServersAreTold, TestResponsesWithTwoMeaningsBecome502, TestAChunkThatIsBrokenLaterIsVisible},
	"a server fails, as clients of others see it":            {TestOthersDoNotNoticeThatAServerIsCutOff},
	"the network delays, loses, doubles or reorders packets": {TestABadNetworkMakesAnswersLateAndNothingElse, TestBodiesArriveWholeOverABadNetwork},
	"the way to the server resets connections":               {TestAResetOnTheWayIsSeen, TestAResponseThatIsCutOffIsVisiblyBroken, TestAServerThatCannotBeReachedIsReplaced},
	"the client is cut off":                                  {TestClientsThatAreCutOffLeaveNothing, TestClientsThatVanishLeaveNothing},
	"the daemon stands still":                                {TestWhatArrivesDuringAStandstillCounts},
	"the client is refused and sends on":                     {TestARefusedUploadThatGoesOnGetsItsAnswer, TestARefusedUploadDoesNotGoOnForEver},
	"the daemon is stopped":                                  {TestSignalsLetWhatIsOpenFinish, TestTheDrainHasADeadline},
	"the daemon is killed":                                   {TestTheDaemonIsKilledAndRestartedUnderLoad},
}

func TestTheManualSaysWhatAClientSeesAtWorst(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../scripts/man/ktcpvsd.8")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), ".Sh FAULTS\n")
	section, _, _ = strings.Cut(section, ".Sh ")
	var said []string
	for line := range strings.Lines(section) {
		if fault, ok := strings.CutPrefix(strings.TrimSpace(line), ".It "); ok {
			said = append(said, fault)
			if len(worst[fault]) == 0 {
				t.Errorf("no test holds what the manual says of %q", fault)
			}
		}
	}
	for fault := range worst {
		if !slices.Contains(said, fault) {
			t.Errorf("the manual does not say what a client sees when %s", fault)
		}
	}
}
