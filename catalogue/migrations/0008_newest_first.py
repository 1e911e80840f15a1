from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_feedback")]

    operations = [
        migrations.AddIndex(
            model_name="mitigation",
            index=models.Index(fields=["status", "created_at"], name="mitigation_status_created"),
        ),
    ]
