"""Phases, their tasks and their gates."""

from django.urls import path

from procurements.views import gate, phase, task

urlpatterns = [
    path("phases/", phase.CasePhases.as_view(), name="case_phases"),
    path("phases/<slug:key>/", phase.PhasePage.as_view(), name="case_phase"),
    path("phases/<slug:key>/gate/", gate.DecideGate.as_view(), name="gate_decide"),
    path("phases/<slug:key>/window/", phase.WindowRoles.as_view(), name="window_roles"),
    path("phases/<slug:key>/tasks/new/", task.OwnTask.as_view(), name="own_task_new"),
    path("tasks/<int:task>/", task.TaskPage.as_view(), name="task"),
    path("tasks/<int:task>/plan/", task.PlanTask.as_view(), name="task_plan"),
    path("tasks/<int:task>/checklist/", task.TickItems.as_view(), name="task_checklist"),
    path("tasks/<int:task>/done/", task.CompleteTask.as_view(), name="task_done"),
    path("tasks/<int:task>/reopen/", task.ReopenTask.as_view(), name="task_reopen"),
    path("tasks/<int:task>/drop/", task.DropTask.as_view(), name="task_drop"),
    path("tasks/<int:task>/notes/", task.WriteNote.as_view(), name="task_note"),
    path(
        "tasks/<int:task>/notes/<int:note>/", task.CorrectNote.as_view(), name="task_note_correct"
    ),
    path("tasks/<int:task>/files/", task.AttachFile.as_view(), name="task_attach"),
    path("tasks/<int:task>/files/<int:file>/", task.TaskFile.as_view(), name="task_file"),
    path(
        "tasks/<int:task>/files/<int:file>/remove/",
        task.RemoveFile.as_view(),
        name="task_file_remove",
    ),
    path("gates/<int:decision>/", gate.Gate.as_view(), name="gate"),
    path("gates/<int:decision>/sign/", gate.SignGate.as_view(), name="gate_sign"),
    path("gates/<int:decision>/copy/", gate.FileSignedCopy.as_view(), name="gate_copy"),
    path(
        "gates/<int:decision>/copies/<int:signature>/",
        gate.SignedCopy.as_view(),
        name="gate_signed_copy",
    ),
    path("gates/<int:decision>/correct/", gate.CorrectGate.as_view(), name="gate_correct"),
]
