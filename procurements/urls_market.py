"""Suppliers, need, diary and history of a case. All under /cases/<number>/."""

from django.urls import path

from procurements.views import history, insight, need, supplier

urlpatterns = [
    path("suppliers/", supplier.Suppliers.as_view(), name="case_suppliers"),
    path("suppliers/new/", supplier.AddSupplier.as_view(), name="supplier_new"),
    path("suppliers/paste/", supplier.PasteSuppliers.as_view(), name="suppliers_paste"),
    path(
        "suppliers/mistaken/",
        supplier.TakeAwaySuppliers.as_view(),
        name="suppliers_mistaken",
    ),
    path(
        "suppliers/<int:participant>/",
        supplier.CorrectSupplier.as_view(),
        name="supplier_correct",
    ),
    path(
        "suppliers/<int:participant>/withdraw/",
        supplier.WithdrawSupplier.as_view(),
        name="supplier_withdraw",
    ),
    path(
        "suppliers/<int:participant>/withdraw/correct/",
        supplier.CorrectWithdrawal.as_view(),
        name="supplier_withdraw_correct",
    ),
    path(
        "suppliers/<int:participant>/withdraw/undo/",
        supplier.TakeBackWithdrawal.as_view(),
        name="supplier_withdraw_undo",
    ),
    path("need/", need.Need.as_view(), name="case_need"),
    path("need/write/", need.WriteNeed.as_view(), name="need_write"),
    path("need/<int:version>/reason/", need.CorrectNeedReason.as_view(), name="need_reason"),
    path("need/compare/", need.CompareNeeds.as_view(), name="need_compare"),
    path("diary/", insight.Diary.as_view(), name="case_diary"),
    path("diary/<int:insight>/", insight.CorrectInsight.as_view(), name="insight_correct"),
    path("diary/<int:insight>/share/", insight.ShareInsight.as_view(), name="insight_share"),
    path("history/", history.History.as_view(), name="case_history"),
]
