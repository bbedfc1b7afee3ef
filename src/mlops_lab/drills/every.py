"""All drills, and why an entry has none."""

from collections.abc import Mapping

from mlops_lab import catalog
from mlops_lab.delivery.canary import faults
from mlops_lab.drills import injections as make
from mlops_lab.drills import objects
from mlops_lab.drills.drill import Drill
from mlops_lab.drills.injections import PROJECT, alarming, calm, layered, released, said

STABLE = catalog.service(PROJECT)
SHED = f"{catalog.NAME}-{PROJECT}-predictions-shed"
HEAVY = layered(spoil="kept.append(b'x' * (310 << 20))")  # MiB, beside the 150 that it has anyway
UNREADY = layered(path="/ready", act="raise ValueError('never ready')")
SPINNING = layered(
    spoil="import threading; threading.Thread(target=lambda: sum(1 for _ in iter(int, 1)), daemon=True).start()"
)
SLOW = layered(act="await asyncio.sleep(0.8)")
RETRAINS = (
    "make retrain",
    "make retrain PROJECT=income",
    "make retrain PROJECT=taxi",
    "make retrain PROJECT=taxi SEED=1",
)

CLOUD = (
    Drill("EmbeddedCloudDown", make.daemon_killed, shows="does not run", gone=r"pid \d+"),
    Drill("PortTaken", make.port_taken, symptom="make up", shows="already in use", gone="18080"),
    Drill(
        "StateUnreadable",
        make.state_damaged,
        symptom="make up",
        shows="cannot be read|damaged",
        left_out={"make demo": "outcomes 1.1 to 1.7 begin with it; here it would make a second lab for minutes"},
    ),
    Drill(
        "ObjectStoreDown",
        make.daemon_killed,
        symptom="make retrain",
        shows="does not answer|does not run",
        lasting=True,
        refusable=RETRAINS,
    ),
)
SERVING = (
    Drill(
        "TasksFail",
        lambda settings: said(settings, released(faults.change("crash")), "made on purpose"),
        shows="made on purpose",
        lasting=True,
        gone="probability",
    ),
    Drill(
        "BundleRefused", released(faults.change("hash")), shows="(?i)sha-?256|hash", lasting=True, gone="probability"
    ),
    Drill(
        "NoHealthyTask", lambda settings: make.stopped(settings, STABLE), shows=f"{STABLE}.* 0 of 0", gone="probability"
    ),
    Drill(
        "HighCpu",
        alarming(f"{STABLE}-cpu", released(SPINNING)),
        shows=f"{STABLE}-cpu",
        settled=calm(f"{STABLE}-cpu"),
    ),
    Drill(
        "HighMemory",
        alarming(f"{STABLE}-memory", released(HEAVY)),
        shows=f"{STABLE}-memory",
        settled=calm(f"{STABLE}-memory"),
    ),
    Drill(
        "ServerErrors",
        alarming(f"{STABLE}-errors", released(faults.change("errors"), load=10.0)),
        shows=f"{STABLE}-errors",
        settled=calm(f"{STABLE}-errors"),
        gone="probability",
    ),
    Drill(
        "ClientErrors",
        alarming(f"{STABLE}-client-errors", make.wrong_requests),
        shows=f"{STABLE}-client-errors",
        settled=calm(f"{STABLE}-client-errors"),
        left_out={"make deploy PROJECT=income VERSION=n": "for a schema that changed with a deploy, which none did"},
    ),
    # ECS replaces such tasks before the alarm's two periods are over.
    Drill(
        "UnhealthyTasks",
        released(UNREADY, seen=make.unhealthy),
        shows=f"{STABLE}.* unhealthy",
        gone=f"{STABLE}.* healthy",
    ),
    Drill(
        "SlowAnswers",
        alarming(f"{STABLE}-latency", released(SLOW, load=10.0)),
        shows=f"{STABLE}-latency",
        settled=calm(f"{STABLE}-latency"),
    ),
    Drill(
        "PredictionsShed",
        alarming(SHED, released(make.log_bounded, load=20.0)),
        shows="predictions shed",
        lasting=True,
        settled=calm(SHED),
    ),
    Drill(
        "PredictionsWait",
        lambda settings: said(settings, make.loaded(objects.policy_taken), "predictions wait"),
        shows="predictions wait",
        lasting=True,
        gone="rows of",
    ),
    Drill("WriteAheadDamaged", make.write_ahead_damaged, shows="not a line of a log", lasting=True),
)
MODELS = (
    Drill(
        "DriftUnknown",
        make.nothing,
        symptom="make drift WINDOW=1999-01",
        shows="not enough data",
        lasting=True,
        left_out={"make deploy PROJECT=taxi VERSION=n": "for a version that is not the champion's, which none is here"},
    ),
    Drill("DoesNotScale", objects.bound_lowered, shows="max_capacity|1 to change", gone="(?i)no changes"),
    Drill(
        "MlflowDown",
        lambda settings: make.stopped(settings, catalog.MLFLOW_SERVICE),
        shows=f"{catalog.MLFLOW_SERVICE}.* 0 of 0",
        gone=f"{catalog.MLFLOW_SERVICE}.* 1 of 1",
        refusable=RETRAINS,
    ),
    Drill("RetrainKilled", make.retraining_killed, shows="champion", lasting=True, refusable=RETRAINS),
    Drill(
        "RetrainTaskFails",
        make.nothing,
        symptom='make retrain-task ARGS="--train nonsense"',
        shows="ended with|nonsense",
        lasting=True,
        left_out={
            "make apply": "for a task that needs more memory than it has",
            "make image IMAGE=jobs": "for an image that cannot be pulled",
        },
        refusable=("make retrain-task",),
    ),
    Drill(
        "ReportTaskFails",
        make.nothing,
        symptom='make report-task ARGS="size=3000"',
        shows="week3_retraining.*-failed",
        lasting=True,
        gone='"page_uri": "s3://',
    ),
    Drill(
        "ChallengerRefused",
        make.nothing,
        symptom="make retrain PROJECT=taxi",
        shows="The gate refuses this model",
        lasting=True,
        left_out={"make retrain PROJECT=income SEARCH=8": "searches for minutes"},
    ),
    Drill(
        "ChampionUnusable",
        objects.bundle_deleted,
        symptom="make retrain",
        shows="cannot be compared with",
        lasting=True,
        refusable=RETRAINS,
    ),
    Drill(
        "DataCorrupt",
        make.data_corrupted,
        symptom="make retrain",
        shows="(?i)sha-?256",
        lasting=True,
        refusable=RETRAINS,
    ),
    Drill(
        "LabelsDiffer",
        make.edited("src/mlops_lab/projects/taxi.py", "labelled=352_622", "labelled=352_621"),
        symptom="make retrain PROJECT=taxi",
        shows="are stated",
        lasting=True,
        refusable=RETRAINS,
    ),
    Drill(
        "ConversionRefused",
        make.edited("src/mlops_lab/registry/onnx_model.py", "TOLERANCE = 1e-5", "TOLERANCE = 1e-15"),
        symptom="make retrain SIZE=3000",
        shows="ONNX and scikit-learn differ",
        lasting=True,
        refusable=RETRAINS,
    ),
)
RELEASES = (
    Drill("CanaryOpen", objects.canary_left_open, shows=STABLE, lasting=True, gone="rolled back"),
    Drill("CanaryDeadline", objects.deadline_passed, shows="deadline|rolled back", lasting=True),
    Drill("CanaryRolledBack", make.nothing, symptom="make canary FAULT=crash", shows="rolled back", lasting=True),
)
ACCESS = (
    Drill("SecretLeaked", objects.key_leaked, shows="a careless line", lasting=True, gone="probability"),
    Drill(
        "SecretMissing",
        objects.parameter_deleted,
        shows="create aws_ssm_parameter|replace aws_ecs_task_definition",
        gone=STABLE,
    ),
    Drill("CallRefused", objects.call_refused, shows="refused: ", settled=objects.call_allowed, gone="0 findings"),
    Drill("PrivilegeFinding", objects.grant_added, shows="unused: .*s3:DeleteBucket", gone="0 findings"),
    Drill(
        "StateLocked",
        objects.state_locked,
        symptom="make plan",
        shows="(?i)lock",
        left_out={
            'aws s3 rm "s3://mlops-lab-tfstate-$(aws sts get-caller-identity --query Account --output text)'
            '/lab/terraform.tfstate.tflock"': "AWS's command line is no part of the lab; the object is removed by boto3"
        },
        settled=objects.lock_removed,
        gone="(?i)plan|no changes",
    ),
)
DRILLS = (*CLOUD, *SERVING, *MODELS, *RELEASES, *ACCESS)
EXCUSED: Mapping[str, str] = {
    "BudgetNotice": "AWS's billing sends it; outcome 6.4 runs the same commands",
    "CanaryStuck": "a failing registry in the middle of a promotion is made in the tests of the controller",
    "CostAnomaly": "AWS's billing sends it; outcome 6.4 runs the same commands",
    "CostRefused": "the guard is for AWS, where a projection is paid; its tests refuse and confirm",
    "DiskFull": "needs a full file system; tests of registry and retraining let writes fail",
    "Drift": "week 5 makes it with April 2020, finds it, retrains and promotes: outcomes 5.3 to 5.7",
    "LeftAfterDestroy": "destroys the lab; outcome 1.6 does it in a second one",
    "NewProjectRefused": "the table is corrected by hand between two commands; tests refuse 30 tables",
    "NoAct": "would take a package out of the environment that runs the drill; a test lets it be missing",
    "NoChromium": "a film takes minutes; a test lets every browser be missing",
    "NoCredentials": "signs in to AWS; tests of the command line see the refusal",
    "OutOfMemory": "outcome 6.5 lets a task of its own go beyond its memory",
    "ScanFinding": "the scan takes a minute; a test refuses a suppression without a reason, CI scans",
    "WorkflowCredentials": "happens on GitHub",
    "WorkflowFails": "a workflow takes minutes; outcomes 3.6 and 3.7 run both, tests let steps fail",
}
